"""A deflate of our own (RFC 1950, 1951), made for arrays of numbers.

It exists for two reasons: the same words give the same bytes on every machine, whatever libraries
and processor it has, and at the default of 7 bits the streams are 7 % smaller than those of ISA-L's
level 3 at about its speed. It is not faster (docs/bigwig.md has the numbers). Any zlib reads its
streams.

The highest byte of a float32 is its sign and exponent, which neighbours share, and the lowest bytes
are those that rounding has set to 0. So bytes of numbers are looked at four at a time, from the
highest byte of one word on, and a repeat begins at a highest byte, a whole number of words after
what it repeats. After rounding to 7 bits, a value is then most often a literal and a repeat of
three bytes at the shortest distance there is. A general compressor has to look for repeats at every
byte, and takes longer ones that are farther off and cost more bits.

`streams` is the way in: one call packs any number of streams, each a single block, and releases the
interpreter lock while it runs. `compress` makes a block after another: `match_numbers` or
`match_records` chooses its repeats, `huffman` its codes, and `header` and `body` write it.
"""
