"""Score many pictures and videos into one table, on one or many machines, resumably."""
