"""Les preuves et les sessions : secrets à usage unique, essais comptés, sessions ouvertes."""
