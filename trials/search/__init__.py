"""Finding: what a visitor asked -> the trials that fit, with counts beside the filters."""
