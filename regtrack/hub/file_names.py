"""The files of a hub."""

HUB_FILE = "hub.txt"
SESSION_FILE = "igv-session.xml"
CONFIG_FILE = "igv.json"
PAGE_FILE = "index.html"
FILES = (HUB_FILE, SESSION_FILE, CONFIG_FILE, PAGE_FILE)
