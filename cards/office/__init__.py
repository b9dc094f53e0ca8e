"""Cards in the registration office: what its pages say and do about them."""
