"""The checker of annotations while the tests run: beartype, taking an int wherever a float is asked for."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
