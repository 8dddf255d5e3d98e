// What makes TypeScript of a schema and of queries: graphql-codegen and the compiler of Relay, and the compiler of TypeScript.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildClientSchema, getIntrospectionQuery, parse, printSchema, validateSchema } from 'graphql';

import { shopOfSuite } from './shop.js';

// The compilers are programs of their own, on a machine that may be busy.
const PATIENCE = 120_000;

const packages = fileURLToPath(new URL('node_modules', import.meta.url));

/** All that the newest tools ask for. */
const INTROSPECTION = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

/** A program's words, if it fails. */
async function run(program, ...given) {
  const running = promisify(execFile)(process.execPath, [join(packages, program), ...given]);
  await running.catch(({ stdout, stderr }) => assert.fail(`${program}\n${stdout}${stderr}`));
}

/**
 * A folder with these files, and the check that TypeScript finds nothing wrong with any of them. It stands in no repository, since the
 * compiler of Relay adds what it writes to one.
 */
async function project(test, files) {
  const folder = await mkdtemp(join(tmpdir(), 'bookshop-types-'));
  test.after(() => rm(folder, { recursive: true }));
  await symlink(packages, join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const language = { strict: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: [] };
  // What packages say of themselves is theirs.
  const compilerOptions = { ...language, noEmit: true, skipLibCheck: true };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  return { folder, compiles: () => run('typescript/bin/tsc', '--project', folder) };
}

/** What JSON has of our scalars. */
const SCALARS = { DateTime: 'string', Duration: 'string', JSON: 'unknown' };

const DOCUMENTS = `
  query Page($id: ID!, $currency: Currency = EUR) {
    book(id: $id) { id ...Spine price(currency: $currency) { amount } rating { average } addedAt }
  }
  fragment Spine on Book { title genre authors { id name birthYear } }
  mutation Review($review: ReviewInput!) { addReview(review: $review) { id stars text } }
  subscription Reviews($bookId: ID!) { reviewAdded(bookId: $bookId) { id text } }
`;

describe('TypeScript', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();
  let schema;

  before(async () => {
    const { data, errors } = await shop.ask(INTROSPECTION);
    assert.equal(errors, undefined);
    schema = buildClientSchema(data);
  });

  test('graphql-js finds nothing wrong with the schema', () => {
    assert.deepEqual(validateSchema(schema), []);
  });

  test('of graphql-codegen compiles', async (test) => {
    const document = parse(DOCUMENTS);
    const outputs = await preset.buildGeneratesSection({
      baseOutputDir: 'src/gql/',
      schema: parse(printSchema(schema)),
      schemaAst: schema,
      documents: [{ location: 'src/app.ts', document, rawSDL: DOCUMENTS, hash: '' }],
      config: { useTypeImports: true, strictScalars: true, scalars: SCALARS },
      presetConfig: { fragmentMasking: false },
      plugins: [],
      pluginMap: {},
      pluginContext: {},
      profiler: { run: (work) => work() },
    });
    const files = {};
    for (const output of outputs) files[output.filename] = await codegen(output);
    files['src/app.ts'] = `
      import type { PageQuery, ReviewMutationVariables } from './gql/graphql';
      export const title = (page: PageQuery): string | undefined => page.book?.title;
      export const born = (page: PageQuery): number | null | undefined => page.book?.authors[0]?.birthYear;
      export const review: ReviewMutationVariables = { review: { bookId: '42', stars: 4, text: 'Good.' } };
      // @ts-expect-error a review is of a book
      export const wrong: ReviewMutationVariables = { review: { stars: 4, text: 'Good.' } };
    `;
    const { compiles } = await project(test, files);
    await compiles();
  });

  test('of the compiler of Relay compiles', async (test) => {
    const { folder, compiles } = await project(test, {
      'schema.graphql': printSchema(schema),
      'src/Page.ts': `
        import { graphql } from 'relay-runtime';
        import type { PageQuery } from './__generated__/PageQuery.graphql';
        export const page = graphql\`
          query PageQuery($id: ID!) { book(id: $id) { ...Page_spine price { amount } } }
        \`;
        export const spine = graphql\`
          fragment Page_spine on Book { title genre authors { name } recommendations(first: 2) { title } }
        \`;
        export const amount = (page: PageQuery['response']) => page.book?.price?.amount;
      `,
      'src/Review.ts': `
        import { graphql } from 'relay-runtime';
        export const review = graphql\`
          mutation ReviewMutation($review: ReviewInput!) { addReview(review: $review) { id text } }
        \`;
        export const added = graphql\`
          subscription ReviewSubscription($bookId: ID!) { reviewAdded(bookId: $bookId) { id text } }
        \`;
      `,
    });
    const settings = {
      src: join(folder, 'src'),
      schema: join(folder, 'schema.graphql'),
      language: 'typescript',
      eagerEsModules: true,
      customScalarTypes: SCALARS,
    };
    const config = join(folder, 'relay.config.json');
    await writeFile(config, JSON.stringify(settings));
    await run('relay-compiler/cli.js', '--noWatchman', config);
    await compiles();
  });
});
