"""What can be proved of the facts themselves."""
