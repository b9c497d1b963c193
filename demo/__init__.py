"""Two sites on recorded data, replayed: North Campus and Fontana Homes. What is simulated is labelled so.

`data/SOURCES.md` names the data, `campus` and `homes` describe the sites, `sites` records them, `load` writes their history,
`feed` posts for their devices.
"""
