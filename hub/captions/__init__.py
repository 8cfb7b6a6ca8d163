"""Files in which a transcript is written down: WebVTT, SubRip, JSON. Pure: from text to lines that were said.

Both the hub, which imports such files, and the client, which replays them, read them with this.
"""
