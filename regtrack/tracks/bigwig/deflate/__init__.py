"""A deflate encoder (RFC 1950, 1951) for arrays of numbers.

It exists for two reasons: the same words give the same bytes on every machine, whatever its
libraries and processor, and with the default of 7 bits the streams are 7 % smaller than those of
ISA-L's level 3, and made sooner (docs/bigwig.md has the numbers). Any zlib can read its streams.

The highest byte of a float32 holds its sign and exponent, which neighbours share, and rounding has
set the lowest bytes to 0. Bytes of numbers are therefore processed four at a time, from the highest
byte of a word on, and a repeat begins at a highest byte, a whole number of words after the bytes it
repeats. After rounding to 7 bits, a value is then usually a literal and a repeat of three bytes at
the shortest possible distance. A general compressor has to search for repeats at every byte, and
takes longer ones that are farther away and cost more bits.

`streams` is the entry point: one call compresses any number of streams, each a single block, and
releases the interpreter lock while it runs. `compress` makes one block after another:
`match_rounded`, `match_numbers` or `match_records` chooses the repeats, `huffman` the codes, and
`header` and `body_rounded` or `body` write the block.
"""
