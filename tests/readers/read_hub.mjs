// Reads a hub with @gmod/ucsc-hub, the parser of JBrowse, and a 2bit with @gmod/twobit:
// node read_hub.mjs hub.txt; node read_hub.mjs genome.2bit
// Prints the settings of the hub, its genome and tracks as JSON, or each sequence by its name.
import { readFileSync } from 'node:fs'
import { SingleFileHub } from '@gmod/ucsc-hub'
import { TwoBitFile } from '@gmod/twobit'
import { LocalFile } from 'generic-filehandle2'

const [path] = process.argv.slice(2)

if (path.endsWith('.2bit')) {
  const file = new TwoBitFile({ filehandle: new LocalFile(path) })
  const found = {}
  for (const name of await file.getSequenceNames()) {
    found[name] = await file.getSequence(name)
  }
  console.log(JSON.stringify(found))
} else {
  const hub = new SingleFileHub(readFileSync(path, 'utf8'))
  const tracks = {}
  for (const name of Object.keys(hub.tracks.data)) {
    tracks[name] = hub.tracks.data[name].data
  }
  console.log(JSON.stringify({ hub: hub.hubData.data, genome: hub.genome.data, tracks }))
}
