import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RunRecord } from '../../../src/core/runSummary.ts';
import { redactValue, type PrivateNames } from '../../../src/host/troubleshoot/reportRedaction.ts';
import type { TroubleshootFacts } from '../../../src/host/troubleshoot/troubleshootFacts.ts';
import { MAX_REPORT_CHARS, troubleshootReport } from '../../../src/host/troubleshoot/troubleshootReport.ts';

const NOW = 1_700_000_000_000_000n;
const NAMES: PrivateNames = {
  home: '/srv/people/adalove',
  users: ['adalove', 'ab'],
  folders: ['/srv/people/adalove/ledger', '/data/ledger', '/data'],
};
const ON_WINDOWS: PrivateNames = {
  home: 'C:\\Users\\Ada Lovelace',
  users: ['ab'],
  folders: ['D:\\Work\\Secret Project'],
};

function run(index: number): RunRecord {
  return {
    summary: {
      ...{ runId: index.toString(16).padStart(8, '0'), startedAt: NOW - 10_000_000n, durationMs: 3_200 },
      ...{ trigger: 'timer', window: 'ledger workspace', coversAll: true, endedBy: 'networkDown' },
      ...{ total: 9, succeeded: 5, noData: 1, failed: 2, notAttempted: 1, cancelled: 0 },
      ...{ notStored: 1, unanswered: 0 },
    },
    endedAt: NOW - 5_000_000n,
    failures: [
      { tableId: 'payroll', reason: 'accessDenied' },
      { tableId: 'salaries', reason: 'accessDenied' },
      { tableId: 'bonuses', reason: 'tableNotFound' },
    ],
    changes: [
      {
        tableId: 'grievances',
        change: {
          columns: null,
          partitionBy: null,
          rows: null,
          entityType: { before: 'VIEW', after: 'TABLE' },
        },
      },
    ],
  };
}

const FACTS: TroubleshootFacts = {
  at: NOW,
  versions: {
    ...{ extension: 'agnes-freshness/0.1.0', vscode: '1.139.1', app: 'Code', node: 'v24.1.0' },
    ...{ platform: 'linux', architecture: 'x64', language: 'en', uiKind: 'desktop', remote: 'ssh-remote' },
    trusted: true,
  },
  source: {
    ...{ kind: 'file', chosenBy: 'setting' },
    capabilities: {
      ...{ backgroundRefresh: true, dataset: true, folder: true, documentation: false },
      ...{ lastModified: true, columnTypes: true, refresh: true },
    },
    snapshot: { origin: 'kept', readAt: NOW - 60_000_000n },
    failure: { reason: 'fileBusy', detail: 'IO Error', holder: { pid: 4711, name: 'python3.12' } },
    refreshObstacle: { reason: 'fileHardLinked', detail: '2 links', holder: undefined },
  },
  file: {
    path: '/srv/people/adalove/agnes/system.duckdb',
    obstacle: { reason: 'fileReadOnly', detail: 'EACCES', holder: undefined },
    database: { sizeBytes: 12_288n, modifiedAt: NOW - 90_000_000n },
    writeAheadLog: undefined,
    links: 2,
    stateFolder: '/srv/people/adalove/.local/state/agnes-freshness/abc',
    stateFiles: [{ name: 'runs.jsonl', state: { sizeBytes: 7n, modifiedAt: NOW } }],
  },
  server: {
    ...{ origin: 'https://agnes.example.com', version: '0.57.1', signIn: 'own', signedIn: true },
    ...{ expiresAt: NOW + 3_600_000_000n, administrator: false },
  },
  settings: [
    { key: 'agnesFreshness.interval', value: '2h' },
    { key: 'agnesFreshness.requestsPerSecond', value: 40 },
    { key: 'agnesFreshness.dataFreshness', value: { payroll: { warnAfter: '1d' } } },
  ],
  variables: ['BIGQUERY_PROJECT'],
  counts: { fresh: 3, stale: 2, error: 1, never_fetched: 4, total: 10, lastAttemptFailed: 2 },
  nextRun: { kind: 'at', at: NOW + 60_000_000n },
  currentRun: { place: 'otherWindow', trigger: 'timer', startedAt: NOW - 1_000_000n, done: 3, total: 9 },
  runs: Array.from({ length: 14 }, (_, index) => run(index)),
  tableErrors: ['accessDenied', 'accessDenied', undefined],
};

/** Every secret that the extension or its surroundings may hold, in its usual shape, with what must not come out of it. */
const SECRETS: Readonly<Record<string, readonly [text: string, kept: string]>> = {
  jwt: ['eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAYi5jIn0.sflKxwRJSMeKKF2QT4', 'sflKxwRJSMeKKF2QT4'],
  bearer: ['Authorization: Bearer opaque-0815-token', 'opaque-0815'],
  googleToken: ['ya29.a0AfH6SMBxyz_abcdefghijklmn', 'a0AfH6SMBxyz'],
  googleKey: ['AIzaSyD-1234567890abcdefghijklmnopq', 'SyD-1234567890'],
  privateKey: ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----', 'MIIEvQIBADAN'],
  password: ['password=correct-horse-battery', 'correct-horse'],
  urlPassword: ['https://joe:s3cr3tpw@agnes.example.com/x', 's3cr3tpw'],
  urlQuery: ['https://agnes.example.com/cb?session=q9w8e7r6', 'q9w8e7r6'],
  urlPath: ['https://hooks.example.com/T00/B00/XyZzY12', 'XyZzY12'],
  mail: ['grace.hopper@navy.example', 'grace.hopper'],
  mailOfHost: ['grace@localhost', 'grace'],
  home: ['/srv/people/adalove/x', '/srv/people'],
  user: ['by adalove today', 'adalove'],
  userInOtherCase: ['C:\\Temp\\AdaLove', 'AdaLove'],
  otherHome: ['/home/grace/agnes.duckdb', 'grace'],
  windowsHome: ['C:\\Users\\grace\\agnes.duckdb', 'grace'],
};

/** The facts with every text in them, whatever it stands for, replaced. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, mapTexts(item, change)]),
  );
}

function reportWith(change: (text: string) => string): string {
  return troubleshootReport(mapTexts(FACTS, change) as TroubleshootFacts, NAMES);
}

describe('the troubleshooting report', () => {
  it('tells versions, source, file, holder, server, settings, counts, timer, runs and errors', () => {
    const report = troubleshootReport(FACTS, NAMES);
    for (const part of [
      '`1.139.1`',
      'Kind: `file`, chosen by: `setting`',
      'documentation no',
      'Shown: `kept`, read at 2023-11-14T22:12:20Z (60 s ago)',
      'Failure: `fileBusy`, `IO Error`, held by PID 4711 (`python3.12`)',
      '`fileHardLinked`',
      'Path: `~/agnes/system.duckdb`',
      'Database: 12288 bytes, modified',
      'Write-ahead log: not there',
      'Host: `https://agnes.example.com`',
      'Signed in: yes (own sign-in)',
      'Administrator: no',
      '`agnesFreshness.interval`: `2h`',
      '`agnesFreshness.requestsPerSecond`: `40`',
      'stale: 2',
      'on, next run at 2023-11-14T22:14:20Z',
      '`otherWindow`, by `timer`',
      '5 of 9 ok, 1 without data, 2 failed (1 not stored), 1 not attempted, 0 cancelled, 1 changed; ended by `networkDown`',
      '`accessDenied`: 2\n- `not known`: 1',
      '`accessDenied`: 20\n- `tableNotFound`: 10',
    ]) {
      assert.ok(report.includes(part), `${part}\nis not in\n${report}`);
    }
  });

  it('lists the last ten runs', () => {
    const report = troubleshootReport(FACTS, NAMES);
    assert.equal(report.match(/ended by `networkDown`/g)?.length, 10);
  });

  it('names no table and no workspace', () => {
    const report = troubleshootReport(FACTS, NAMES);
    for (const name of ['payroll', 'salaries', 'bonuses', 'grievances', 'ledger']) {
      assert.ok(!report.includes(name), name);
    }
    assert.ok(report.includes('`agnesFreshness.dataFreshness`: 1 entries'));
  });

  for (const [name, [secret, kept]] of Object.entries(SECRETS)) {
    it(`lets no ${name} out, wherever it came in`, () => {
      for (const change of [
        () => secret,
        (text: string) => `${text} ${secret} ${text}`,
        () => `{"value":"${secret}"}`,
        () => `${'x'.repeat(280)} ${secret}`,
      ]) {
        const report = reportWith(change);
        assert.ok(!report.includes(kept), report);
      }
    });
  }

  it('lets no secret out of any single text, whatever stands around it', () => {
    const secret = fc.constantFrom(...Object.values(SECRETS));
    const around = fc.string({
      unit: fc.constantFrom('a', ' ', '\n', '`', '|', '/', '.', '"', ',', '\u202E'),
    });
    fc.assert(
      fc.property(secret, around, around, ([text, kept], before, after) => {
        const report = reportWith((old) => (old === 'IO Error' ? `${before} ${text} ${after}` : old));
        assert.ok(!report.toLowerCase().includes(kept.toLowerCase()), report);
      }),
    );
  });

  it('keeps every text in its own line and code span', () => {
    const report = reportWith((text) => `${text}\n# forged\n[x](command:y) \`\`\` <img>`);
    assert.doesNotMatch(report, /^# forged/m);
    const spans = /(`+)(?!`)[^\n]*?[^`]\1(?!`)/g;
    assert.doesNotMatch(report.replace(spans, ''), /command:y|<img>/);
  });

  it('is bounded, however much there is', () => {
    const many = {
      ...FACTS,
      runs: Array.from({ length: 5_000 }, (_, index) => run(index)),
      settings: Array.from({ length: 5_000 }, (_, i) => ({ key: `k${i}`, value: 'y'.repeat(5_000) })),
      tableErrors: Array.from({ length: 5_000 }, (_, i) => `r${i}` as 'unexpected'),
    };
    assert.ok(troubleshootReport(many, NAMES).length < MAX_REPORT_CHARS + 100);
  });

  it('tells of what is not there', () => {
    const report = troubleshootReport(
      {
        ...FACTS,
        ...{ file: undefined, server: undefined, currentRun: undefined },
        ...{ settings: [], variables: [], runs: [], tableErrors: [] },
        nextRun: { kind: 'never' },
        source: {
          ...{ kind: 'none', chosenBy: 'nobody', capabilities: undefined, snapshot: undefined },
          ...{ failure: undefined, refreshObstacle: undefined },
        },
      },
      NAMES,
    );
    assert.ok(report.includes('Kind: `none`, chosen by: `nobody`'));
    assert.ok(!report.includes('undefined'));
  });
});

describe('what is private in a value', () => {
  it('leaves hosts, paths and words as they are', () => {
    const same = ['http://localhost:8000', '/srv/state/system.duckdb', 'a@', 'ab', 'token bucket', '4h'];
    for (const text of same) assert.equal(redactValue(text, NAMES), text);
  });

  it('does not take the root folder for a home', () => {
    assert.equal(redactValue('/data/x', { home: '/', users: [], folders: ['/'] }), '/data/x');
    assert.equal(redactValue('C:\\x', { home: 'C:\\', users: [], folders: [] }), 'C:\\x');
  });

  it('names no folder of the workspace in any path', () => {
    for (const [text, redacted] of [
      ['/data/ledger/system.duckdb', '[workspace]/system.duckdb'],
      ['/data/other.duckdb', '[workspace]/other.duckdb'],
      ['/srv/people/adalove/ledger/a b', '[workspace]/a b'],
      ['ENOENT: /data/ledger', 'ENOENT: [workspace]'],
      ['/database/x', '/database/x'],
      ['/srv/people/adalove/x', '~/x'],
    ] as const) {
      assert.equal(redactValue(text, NAMES), redacted);
    }
    assert.equal(redactValue('d:/work/secret project/x', ON_WINDOWS), '[workspace]/x');
  });

  it('leaves the home folder as it is written where it is the workspace', () => {
    const names = { ...NAMES, folders: [NAMES.home, '/srv/people'] };
    assert.equal(redactValue('/srv/people/adalove/x', names), '~/x');
  });

  it('knows the home folder in any case, with either slash, also escaped', () => {
    for (const text of [
      'C:\\Users\\Ada Lovelace\\x',
      'c:\\users\\ada lovelace\\x',
      'c:/Users/ADA LOVELACE/x',
      'C:\\\\Users\\\\Ada Lovelace\\\\x',
    ]) {
      assert.match(redactValue(text, ON_WINDOWS), /^~[/\\]{1,2}x$/);
    }
  });

  it('takes a user’s name with spaces in it up to the next separator', () => {
    for (const [text, redacted] of [
      ['C:\\Users\\Grace B Hopper\\agnes', 'C:\\Users\\[user]\\agnes'],
      ['c:/users/Grace B Hopper/agnes', 'c:/users/[user]/agnes'],
      ['/mnt/c/Users/Grace B Hopper/agnes', '/mnt/c/Users/[user]/agnes'],
      ['C:\\Users\\grace denied: D:\\agnes', 'C:\\Users\\[user] denied: D:\\agnes'],
      ['/home/grace and /srv/x', '/home/[user] and /srv/x'],
    ] as const) {
      assert.equal(redactValue(text, ON_WINDOWS), redacted);
    }
  });
});
