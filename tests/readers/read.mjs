// Reads bigWigs with @gmod/bbi, the reader of JBrowse: node read.mjs BASES_PER_SPAN FILE...
// Prints one JSON line a file: for each chromosome its length, its values as intervals, and the
// zoom records that are drawn at that many bases a pixel.
import { BigWig } from '@gmod/bbi'
import { LocalFile } from 'generic-filehandle2'

const [basesPerSpan, ...paths] = process.argv.slice(2)

for (const path of paths) {
  const file = new BigWig({ filehandle: new LocalFile(path) })
  const header = await file.getHeader()
  const chroms = {}
  for (const { name, length } of Object.values(header.refsByNumber)) {
    const values = await file.getFeatures(name, 0, length, { scale: 1 })
    const zoom = await file.getFeatures(name, 0, length, { basesPerSpan: Number(basesPerSpan) })
    chroms[name] = {
      length,
      intervals: values.map(({ start, end, score }) => [start, end, score]),
      zoom: zoom.map(z => [z.start, z.end, z.score, z.minScore, z.maxScore]),
    }
  }
  console.log(JSON.stringify(chroms))
}
