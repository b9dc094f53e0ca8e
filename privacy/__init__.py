"""What happens to the data of people who have left: kept for a while, erased on request."""
