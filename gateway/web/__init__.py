"""What every answer has, whatever it is about: headers, limits, figures, errors in words."""
