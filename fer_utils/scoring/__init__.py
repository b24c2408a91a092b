"""Many pictures and videos in, one table out: on one machine or many, interrupted or not."""
