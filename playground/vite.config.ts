// Builds the playground into `dist/`: one `index.html`, and beside it the assets that it loads, each with a
// hash of its content in its name and stored as gzip only. Gzip and not Brotli: browsers ask for Brotli over
// HTTPS and on localhost alone, gzip they all take everywhere. The index stays plain text, because the gateway
// writes its settings into it.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUTPUT = 'dist';

export default defineConfig({
  // Where `src/server/playground.rs` serves the assets, whichever path the page itself has.
  base: '/playground-assets/',
  publicDir: false,
  build: {
    outDir: OUTPUT,
    assetsDir: '',
    target: 'es2022',
    // A font inside the style sheet would delay the style sheet.
    assetsInlineLimit: 0,
    // Every browser that runs this app knows modulepreload.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    // Libraries mark modules "use client" for servers that render React; here all of it is the client.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:4000' } },
  plugins: [storeCompressed()],
});

/** Replaces every written file but the index by its gzip form, `NAME.gz`. */
function storeCompressed(): Plugin {
  return {
    name: 'store-compressed',
    apply: 'build',
    // Workers are bundles of their own and pass here too, unwritten: the last hook of the whole build is meant.
    closeBundle() {
      for (const file of readdirSync(OUTPUT)) {
        if (file === 'index.html' || file.endsWith('.gz')) continue;
        const path = join(OUTPUT, file);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        rmSync(path);
      }
    },
  };
}
