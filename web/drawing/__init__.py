"""Drawings of the site, made on the server: plain values in, SVG text out. Colours come from the style sheet's classes."""
