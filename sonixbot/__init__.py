"""sonixbot: tells the people around a neutron instrument what its measurement protocol says."""
