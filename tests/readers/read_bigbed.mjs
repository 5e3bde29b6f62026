// Reads a bigBed with @gmod/bbi, the reader of JBrowse: node read_bigbed.mjs FILE NAME...
// Prints as JSON the items of each chromosome, and the items that the index of names finds for each name.
import { BigBed } from '@gmod/bbi'
import { LocalFile } from 'generic-filehandle2'

const [path, ...names] = process.argv.slice(2)
const file = new BigBed({ filehandle: new LocalFile(path) })
const header = await file.getHeader()
const plain = found => found.map(f => [f.start, f.end, f.rest ?? ''])
const chroms = {}
for (const { name, length } of Object.values(header.refsByNumber)) {
  chroms[name] = plain(await file.getFeatures(name, 0, length))
}
const found = {}
for (const name of names) {
  found[name] = plain(await file.searchExtraIndex(name))
}
console.log(JSON.stringify({ autoSql: header.autoSql, chroms, found }))
