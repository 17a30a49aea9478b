"""Comment on arrive : une structure est candidate, une personne est invitée, un lien la connecte."""
