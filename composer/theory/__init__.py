"""Key, meter, harmony: the musician's vocabulary; pure functions."""
