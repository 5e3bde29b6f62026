"""The bigWig format: encoding, assembling, reading by its parts, validating."""
