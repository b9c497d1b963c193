// Builds assets/map/outlines.json: the world's coasts and borders as lines in Web Mercator degrees, in hundredths.
// Each line is its first point, then the step to each next one: [x, y, dx, dy, dx, dy, …].
import { feature, mesh } from 'topojson-client';
import { presimplify, simplify } from 'topojson-simplify';
import { readFile, writeFile } from 'node:fs/promises';

const here = new URL('.', import.meta.url).pathname;
const world = JSON.parse(await readFile(`${here}node_modules/world-atlas/countries-50m.json`, 'utf8'));
const LEAST_AREA = 0.03; // square degrees: detail smaller than this is left out
const slim = simplify(presimplify(world), LEAST_AREA);

const mercator = (latitude) => {
    const held = Math.max(-85, Math.min(85, latitude));
    return (Math.log(Math.tan(Math.PI / 4 + (held * Math.PI) / 360)) * 180) / Math.PI;
};
// Across the date line a ring goes on beyond 180° instead of jumping back.
const unbroken = (line) => {
    let turn = 0;
    return line.map(([longitude, latitude], at) => {
        const step = at ? longitude - line[at - 1][0] : 0;
        if (step > 180) turn -= 360;
        if (step < -180) turn += 360;
        return [longitude + turn, latitude];
    });
};
const coded = (line) => {
    let lastX = 0;
    let lastY = 0;
    const out = [];
    for (const [longitude, latitude] of line) {
        const x = Math.round(longitude * 100);
        const y = Math.round(mercator(latitude) * 100);
        if (out.length && x === lastX && y === lastY) continue;
        out.push(x - lastX, y - lastY);
        [lastX, lastY] = [x, y];
    }
    return out;
};
const extent = (line) => {
    const xs = line.map(([x]) => x);
    const ys = line.map(([, y]) => y);
    return Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
};

const polygons = feature(slim, slim.objects.land).features ?? [feature(slim, slim.objects.land)];
const rings = polygons
    .flatMap(({ geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates))
    .map(([outer]) => outer)
    .filter((ring) => ring.length > 3 && extent(ring) > 0.25 && ring.some(([, latitude]) => latitude > -60)); // not Antarctica
const borders = mesh(slim, slim.objects.countries, (a, b) => a !== b).coordinates.filter((line) => line.length > 1);

const out = { land: rings.map(unbroken).map(coded), borders: borders.map(unbroken).map(coded) };
await writeFile(new URL('../../assets/map/outlines.json', import.meta.url), JSON.stringify(out));
await writeFile(
    new URL('../../assets/map/LICENSE.txt', import.meta.url),
    'outlines.json: made with Natural Earth (naturalearthdata.com), public domain, by way of the npm package world-atlas (ISC).\n'
);
console.log(Object.entries(out).map(([name, lines]) => `${name}: ${lines.length} lines, ${lines.flat().length / 2} points`).join('; '));
