// Answers in parts: `@defer` as Apollo Client, in both forms that it reads, and urql put them together.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { Client, fetchExchange } from '@urql/core';

import { PATIENCE, shopOfSuite } from './shop.js';

const WHOLE = `query ($id: ID!) {
  book(id: $id) {
    id title
    authors { id name books { id title price { amount } } }
    price { amount currency }
  }
}`;
const IN_PARTS = `query ($id: ID!) {
  book(id: $id) {
    id title
    ... @defer(label: "authors") {
      authors { id name ... @defer(label: "books") { books { id title price { amount } } } }
    }
    ...Price @defer(label: "price")
  }
}
fragment Price on Book { price { amount currency } }`;

describe('@defer', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();
  const variables = { id: '42' };

  /** All that a client was shown, the first and the last of it held against the answer without `@defer`. */
  async function check(shown) {
    const { data: whole } = await shop.ask(WHOLE, variables);
    assert.ok(shown.length > 1, 'it comes in parts');
    const [first] = shown;
    assert.equal(first.book.title, whole.book.title);
    assert.equal(first.book.price, undefined);
    assert.deepEqual(plain(shown.at(-1)), whole);
  }

  const handlers = { '20220824': Defer20220824Handler, 'of graphql-js 17': GraphQL17Alpha9Handler };
  for (const [form, Handler] of Object.entries(handlers)) {
    test(`Apollo Client reads the form ${form}`, async (test) => {
      const apollo = new ApolloClient({
        link: new HttpLink({ uri: shop.url }),
        cache: new InMemoryCache(),
        incrementalHandler: new Handler(),
      });
      test.after(() => apollo.stop());
      const query = gql(IN_PARTS);
      const shown = await new Promise((resolve, reject) => {
        const shown = [];
        apollo.watchQuery({ query, variables }).subscribe({
          error: reject,
          next: ({ data, dataState, error }) => {
            if (error) reject(error);
            if (data?.book) shown.push(data);
            if (dataState === 'complete') resolve(shown);
          },
        });
      });
      await check(shown);
      const kept = apollo.cache.extract()['Book:42'];
      assert.equal(kept.title, shown[0].book.title);
    });
  }

  // It likes JSON and both of the others as much: parts come as `multipart/mixed`.
  const accepts = { 'what it accepts by itself': undefined, events: 'text/event-stream' };
  for (const [name, accept] of Object.entries(accepts)) {
    test(`urql reads parts as ${name}`, async () => {
      const fetchOptions = accept ? { headers: { accept } } : undefined;
      const urql = new Client({ url: shop.url, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false });
      const shown = await new Promise((resolve) => {
        const shown = [];
        urql.query(IN_PARTS, variables).subscribe(({ data, error, hasNext }) => {
          assert.equal(error, undefined);
          shown.push(structuredClone(data));
          if (!hasNext) resolve(shown);
        });
      });
      await check(shown);
    });
  }
});

/** Without what a client adds for itself. */
function plain(data) {
  return JSON.parse(JSON.stringify(data, (key, value) => (key === '__typename' ? undefined : value)));
}
