"""Search for the settings of a network: a study of many trainings, on any number of machines."""
