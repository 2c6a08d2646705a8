import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { resolveBigQueryConfiguration } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { isConfiguredProjectId } from '../../../src/core/identifiers.ts';
import { parseDuration } from '../../../src/core/refreshPolicy.ts';
import { parseServerAddress } from '../../../src/core/serverAddress.ts';
import { absolutePath } from '../../../src/host/absolutePath.ts';
import { readEnglishManifest } from '../../fixtures/manifest.ts';

interface Setting {
  readonly type: unknown;
  readonly default: unknown;
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
}

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
  };
}

const { contributes } = readEnglishManifest() as Manifest;
const SETTINGS = new Map(contributes.configuration.flatMap(({ properties }) => Object.entries(properties)));

/** Whether the settings editor lets a value of the setting pass. */
function passes(setting: string): (value: string) => boolean {
  const { pattern } = SETTINGS.get(`agnesFreshness.${setting}`) ?? assert.fail(setting);
  const expression = new RegExp(pattern ?? assert.fail(setting));
  return (value) => expression.test(value);
}

/** What the extension reads of a setting that is a text. */
function isEmptyOr(isUsable: (text: string) => boolean): (value: string) => boolean {
  return (value) => value.trim() === '' || isUsable(value.trim());
}

/** A path that is absolute on any platform: settings go round between machines. */
function isPath(text: string): boolean {
  return /^~[/\\]/.test(text) || path.posix.isAbsolute(text) || path.win32.isAbsolute(text);
}

function isEndpoint(text: string): boolean {
  try {
    resolveBigQueryConfiguration({ apiEndpoint: text }, {});
    return true;
  } catch {
    return false;
  }
}

/** Short texts of the letters that a rule turns on, so that both answers come up often. */
function texts(letters: string): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(letters)), maxLength: 34 });
}

describe('the settings editor', () => {
  it('marks nothing that is there by default', () => {
    for (const [key, { pattern, default: value }] of SETTINGS) {
      if (pattern !== undefined) assert.match(String(value), new RegExp(pattern), key);
    }
  });

  it('has a sentence for each value that it marks', () => {
    for (const [key, { pattern, patternErrorMessage }] of SETTINGS) {
      assert.equal(pattern === undefined, patternErrorMessage === undefined, key);
    }
  });

  it('links settings that exist', () => {
    for (const [key, { markdownDescription = '' }] of SETTINGS) {
      for (const [, linked = ''] of markdownDescription.matchAll(/`#([^#`]+)#`/g)) {
        assert.ok(SETTINGS.has(linked), `${key} links ${linked}`);
        assert.notEqual(linked, key);
      }
    }
  });

  it('shows a link nowhere as text: only a Markdown description has links', () => {
    for (const [key, { description = '' }] of SETTINGS) assert.ok(!description.includes('#'), key);
  });

  it('marks exactly the databases that no platform could open', () => {
    const isPassed = passes('database');
    const isUsable = isEmptyOr((text) => text === 'sample' || isPath(text));
    const given = [
      ...[
        '',
        '  ',
        'sample',
        ' sample ',
        '/data/state/system.duckdb',
        '~/agnes/system.duckdb',
        '~\\a.duckdb',
      ],
      ...['C:\\agnes\\system.duckdb', 'c:/agnes', '\\\\host\\share\\system.duckdb', '/with space/ä.duckdb'],
      ...['samples', 'Sample', 'data/system.duckdb', './a', '../a', '~', '~ada/a', 'C:', 'C:a', '$HOME/a'],
    ];
    for (const value of given) assert.equal(isPassed(value), isUsable(value), value);
    fc.assert(fc.property(texts('~/\\C:samples. '), (value) => isPassed(value) === isUsable(value)));
    // What the pattern goes by is what the extension does, for paths of this platform.
    fc.assert(fc.property(texts('~/a.'), (value) => isPath(value) === (absolutePath(value) !== undefined)));
  });

  for (const setting of ['server.caFile', 'bigquery.credentialsFile']) {
    it(`marks exactly the paths of ${setting} that are not absolute`, () => {
      const isPassed = passes(setting);
      const isUsable = isEmptyOr(isPath);
      for (const value of ['', '/a.pem', '~/a.pem', 'C:\\a.pem', 'sample', 'a.pem', '~', 'C:a'])
        assert.equal(isPassed(value), isUsable(value), value);
      fc.assert(fc.property(texts('~/\\C:ab. '), (value) => isPassed(value) === isUsable(value)));
    });
  }

  it('takes each path of credentials that the extension takes', () => {
    const isPassed = passes('bigquery.credentialsFile');
    const isTaken = (text: string): boolean => {
      try {
        resolveBigQueryConfiguration({ credentialsFile: text }, { HOME: '/home/x' });
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(fc.property(texts('~/a. '), (value) => isPassed(value) === isTaken(value)));
  });

  for (const setting of ['bigquery.project', 'bigquery.billingProject']) {
    it(`marks exactly what is no project id in ${setting}`, () => {
      const isPassed = passes(setting);
      const isUsable = isEmptyOr(isConfiguredProjectId);
      const given = [
        ...['', 'my-project', ' my-project ', 'example.com:my-project', 'a23456', 'a'.repeat(30)],
        ...['My-Project', 'short', 'a'.repeat(31), 'my-project-', '1project', 'my_project', 'a:b:my-project'],
        ...['my-project.dataset', 'example.com:', ':my-project', 'https://my-project'],
      ];
      for (const value of given) assert.equal(isPassed(value), isUsable(value), value);
      fc.assert(fc.property(texts('abz09-.: A'), (value) => isPassed(value) === isUsable(value)));
    });
  }

  it('marks endpoints of BigQuery that the extension can’t use, and no other', () => {
    const isPassed = passes('bigquery.apiEndpoint');
    const isUsable = isEmptyOr(isEndpoint);
    const given = [
      ...[
        '',
        'https://bigquery.googleapis.com',
        'https://bq.example.com:8443/base/',
        'https://[2001:db8::1]/',
      ],
      ...[
        'http://localhost:9050',
        'http://127.0.0.1:9050/',
        'http://[::1]:9050',
        'localhost:9050',
        'bq-emulator',
      ],
      ...['https://bigquery.googleapis.com/bigquery/v2', ' http://localhost:9050 ', 'http://127.1.2.3'],
      ...[
        'http://bq.example.com',
        'ftp://localhost',
        'https://',
        'https://a b',
        'https://u:p@bq.example.com',
      ],
      ...['https://bq.example.com?x=1', 'https://bq.example.com#x', 'u@bq.example.com'],
      ...['http://localhost.example.com', 'file:///etc/passwd'],
    ];
    for (const value of given) assert.equal(isPassed(value), isUsable(value), value);
    const host = fc.constantFrom(
      'localhost',
      '127.0.0.1',
      '[::1]',
      'bq.example.com',
      'EMULATOR',
      'ä.example',
    );
    const port = fc.option(
      fc.integer({ min: 0, max: 65_535 }).map((number) => `:${number}`),
      { nil: '' },
    );
    const rest = fc.constantFrom('', '/', '/a/b', '/bigquery/v2', '?a=b', '#a', '/a?b');
    const scheme = fc.constantFrom('', 'https://', 'http://', 'ws://');
    fc.assert(
      fc.property(scheme, host, port, rest, (...parts) => {
        const value = parts.join('');
        return isPassed(value) === isUsable(value);
      }),
    );
  });

  it('marks addresses of servers that the extension can’t use, and no other', () => {
    const isPassed = passes('server.url');
    const isUsable = isEmptyOr((text) => parseServerAddress(text).kind === 'usable');
    const given = [
      ...['', 'https://agnes.example.com', 'https://agnes.example.com:8443/', 'http://localhost:8000'],
      ...['http://[::1]:8000', 'agnes.example.com', 'http://agnes.example.com', 'https://a@b', 'https://a/b'],
      ...['https://a?b', 'ftp://a', 'https://'],
    ];
    for (const value of given) assert.equal(isPassed(value), isUsable(value), value);
  });

  for (const setting of ['interval', 'threshold']) {
    it(`marks exactly what is no duration in ${setting}`, () => {
      const isPassed = passes(setting);
      const isUsable = isEmptyOr((text) => parseDuration(text) !== undefined);
      const given = [
        ...['', '4h', '90m', ' 1 d ', '30S', '0001h', '365d', '366d', '8760h', '8761h', '525600m', '525601m'],
        ...['31536000s', '31536001s', '999999999s', '000000001s', '0000000001s', '0h', '4', 'h', '4 hours'],
        ...['4h30m', '-4h', '4.5h', '1e3s', '99999999h'],
      ];
      for (const value of given) assert.equal(isPassed(value), isUsable(value), value);
      const amount = fc.oneof(fc.nat(1_100), fc.nat(32_000_000), fc.nat(600_000), fc.nat(10_000));
      const unit = fc.constantFrom('s', 'm', 'h', 'd', 'H', 'x', '');
      fc.assert(
        fc.property(amount, fc.constantFrom('', '0', '000'), unit, (number, zeros, suffix) => {
          const value = `${zeros}${number}${suffix}`;
          return isPassed(value) === isUsable(value);
        }),
        { numRuns: 2_000 },
      );
    });
  }
});
