"""How the drawn cats and dogs come to be: a brush, scenery, and the animals themselves."""
