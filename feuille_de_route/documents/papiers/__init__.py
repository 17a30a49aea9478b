"""Les papiers d'une séance et du cadrage : ce qu'ils disent, puis leur mise en page en PDF et en Word."""
