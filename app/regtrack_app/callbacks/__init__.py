"""The callbacks, one file per part of the page; each translates, delegates and returns."""
