// Reads bigWigs with @gmod/bbi, the reader of JBrowse: node read.mjs BASES_PER_PIXEL FILE...
// Prints one JSON line per file: for each chromosome its length, and the features drawn at that many
// bases per pixel: the values as intervals at 1, the records of a zoom level above.
import { BigWig } from '@gmod/bbi'
import { LocalFile } from 'generic-filehandle2'

const [pixel, ...paths] = process.argv.slice(2)

for (const path of paths) {
  const file = new BigWig({ filehandle: new LocalFile(path) })
  const header = await file.getHeader()
  const chroms = {}
  for (const { name, length } of Object.values(header.refsByNumber)) {
    const found = await file.getFeatures(name, 0, length, { scale: 1 / Number(pixel) })
    chroms[name] = {
      length,
      drawn: found.map(f => [f.start, f.end, f.score, f.minScore, f.maxScore]),
    }
  }
  console.log(JSON.stringify(chroms))
}
