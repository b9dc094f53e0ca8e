"""Terminals in the registration office: who knocks, and what one of them says."""
