"""Running a network: what it offers, what it reads, devices, and scores of codes and regions."""
