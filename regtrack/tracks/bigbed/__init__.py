"""bigBed: intervals with names for genome browsers, in the container of the bigWigs."""
