"""A report of models against labels as one HTML file, which opens anywhere."""
