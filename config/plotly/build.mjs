// Builds assets/plotly/plotly.min.js, a third of the full bundle: `npm ci && node build.mjs` in this folder.
// The version is the one that the Python package plotly carries; a test compares the two.
import { build } from 'esbuild';
import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { readFile, writeFile } from 'node:fs/promises';

const here = new URL('.', import.meta.url).pathname;
const out = new URL('../../assets/plotly/', import.meta.url).pathname;
const plotly = JSON.parse(await readFile(`${here}node_modules/plotly.js/package.json`, 'utf8'));

// Controls that no page uses (our own HTML controls can be reached by keyboard); what remains is their name.
const unused = /plotly\.js\/src\/components\/(sliders|updatemenus|rangeslider|rangeselector|annotations3d)\/index\.js$/;

// The documentation of each attribute (`description`) is a fifth of the source and read by nobody at run time.
const withoutDescriptions = (source) => {
    const cuts = [];
    simple(parse(source, { ecmaVersion: 'latest', sourceType: 'script', allowHashBang: true }), {
        ObjectExpression(node) {
            node.properties.forEach((property, i) => {
                if (property.type !== 'Property' || property.computed || property.key.name !== 'description') return;
                const next = node.properties[i + 1];
                const before = node.properties[i - 1];
                cuts.push(next ? [property.start, next.start] : [before ? before.end : property.start, property.end]);
            });
        }
    });
    cuts.sort((a, b) => b[0] - a[0]);
    let end = Infinity;
    for (const [from, to] of cuts) {
        if (to > end) continue; // inside a cut that was made already
        source = source.slice(0, from) + source.slice(to);
        end = from;
    }
    return source;
};

const slim = {
    name: 'slim',
    setup(setup) {
        setup.onResolve({ filter: /^culori$/ }, () => ({ path: `${here}colours.mjs` }));
        setup.onLoad({ filter: /plotly\.js\/src\/.*\.js$/ }, async ({ path }) => {
            const named = path.match(unused);
            if (named) return { contents: `module.exports = {moduleType: 'component', name: '${named[1]}'};` };
            const source = await readFile(path, 'utf8');
            return { contents: source.includes('description:') ? withoutDescriptions(source) : source };
        });
        setup.onLoad({ filter: /\.css$/ }, () => ({ contents: '', loader: 'js' })); // of the map library, which is not used
    }
};

await build({
    entryPoints: [`${here}bundle.js`],
    outfile: `${out}plotly.min.js`,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'Plotly',
    target: 'es2020',
    legalComments: 'none',
    define: { global: 'window', 'define.amd': 'false' },
    banner: { js: `/*! plotly.js v${plotly.version}, a bundle of scatter, bar, box, heatmap, histogram and sankey. MIT: see LICENSE */` },
    footer: { js: 'window.Plotly=Plotly;' },
    plugins: [slim],
    logLevel: 'info'
});
await writeFile(`${out}LICENSE`, await readFile(`${here}node_modules/plotly.js/LICENSE`, 'utf8'));
