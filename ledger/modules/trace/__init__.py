"""Where goods come from and where they go: plots to lots to units to hands, EPCIS in substance."""
