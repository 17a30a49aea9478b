"""La séance : la convoquer, en tenir l'ordre du jour et les pièces, l'ouvrir, la clore."""
