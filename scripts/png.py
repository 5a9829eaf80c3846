"""PNG pictures for the docs: 256 colours are enough for a page, and take a
third of the room (PNG, third edition)."""
import struct
import zlib

HEAD = b"\x89PNG\r\n\x1a\n"


def chunks(png):
    at = len(HEAD)
    while at < len(png):
        size = struct.unpack(">I", png[at:at + 4])[0]
        yield png[at + 4:at + 8], png[at + 8:at + 8 + size]
        at += 12 + size


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def unfilter(kind, line, above, step):
    """A line's bytes, of those that stand in the file (section 9)."""
    for i, byte in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = (0, left, above[i], (left + above[i]) // 2,
                 paeth(left, above[i], corner) if kind == 4 else 0)[kind]
        line[i] = (byte + guess) & 255
    return line


def pixels(png):
    """Width, and the lines: lists of (red, green, blue)."""
    data, lines = b"", []
    for kind, part in chunks(png):
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack(">IIBB", part[:10])
        if kind == b"IDAT":
            data += part
    assert depth == 8 and colours in (2, 6)
    step = 3 if colours == 2 else 4
    data, above = zlib.decompress(data), bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        line = bytearray(data[start + 1:start + 1 + width * step])
        if data[start]:
            line = unfilter(data[start], line, above, step)
        above = line
        lines.append(list(zip(line[0::step], line[1::step], line[2::step])))
    return width, lines


def apart(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b))


def palette(lines):
    """256 colours, and the place among them that each colour takes: the most
    used ones stay themselves, then those that are farthest from what is there
    (a mark is small, and its colour means something)."""
    counts = {}
    for line in lines:
        for colour in line:
            counts[colour] = counts.get(colour, 0) + 1
    ranked = sorted(counts, key=counts.get, reverse=True)
    kept, rest = ranked[:160], {}
    for colour in ranked[160:]:
        rest[colour] = min((apart(colour, one), i)
                           for i, one in enumerate(kept))
    while rest and len(kept) < 256:
        far = max(rest, key=rest.get)
        kept.append(far)
        for colour, nearest in rest.items():
            rest[colour] = min(nearest, (apart(colour, far), len(kept) - 1))
        del rest[far]
    places = {colour: i for i, colour in enumerate(kept)}
    places.update((colour, i) for colour, (_, i) in rest.items())
    return kept, places


def smaller(png):
    width, lines = pixels(png)
    kept, places = palette(lines)
    data = b"".join(b"\0" + bytes(map(places.__getitem__, line))
                    for line in lines)
    return HEAD + b"".join((
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(lines), 8, 3,
                                   0, 0, 0)),
        chunk(b"PLTE", b"".join(map(bytes, kept))),
        chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b"")))
