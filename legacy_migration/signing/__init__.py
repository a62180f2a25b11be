"""Signing a protocol: its pages in a chain of hashes, the persons and times as pages of that chain, and their check.

Belongs here: pages, seals, who signed. Does not belong here: which figures a protocol shows (`protocol_pages`).
"""
