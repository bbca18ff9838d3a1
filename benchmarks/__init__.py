"""What `make bench` measures: speed and size, each beside what one would otherwise use."""
