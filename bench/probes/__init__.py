"""What is measured of Petiole alone, one thing after the other."""
