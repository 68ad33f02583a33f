"""The numbers of every picture, without drawing."""
