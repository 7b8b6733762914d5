"""Figures (plotly), panels (ipywidgets), and how both are shown and saved."""
