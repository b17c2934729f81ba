"""What is known: dated facts with their sources, and the arithmetic of a functions audit."""
