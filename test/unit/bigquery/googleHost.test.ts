import assert from 'node:assert/strict';

import { isGoogleApiUrl, isSubjectTokenUrl } from '../../../src/adapters/bigquery/googleHost.ts';

describe('where Google credentials may go', () => {
  const yes = [
    'https://bigquery.googleapis.com',
    'https://bigquery.googleapis.com:443/bigquery/v2',
    'https://BigQuery.GoogleAPIs.com/',
    'https://bigquery-mine.p.googleapis.com',
    'https://restricted.googleapis.com',
  ];
  const no = [
    'http://bigquery.googleapis.com',
    'https://bigquery.googleapis.com:8443',
    'https://bigquery.googleapis.com:80',
    'https://bigquery.googleapis.com.',
    'https://bigquery.googleapis.com.evil.org',
    'https://evil.org/bigquery.googleapis.com',
    'https://evil.org?.googleapis.com',
    'https://evil.org#.googleapis.com',
    'https://evilgoogleapis.com',
    'https://googleapis.com',
    'https://.googleapis.com',
    'https://user@bigquery.googleapis.com',
    'https://user:secret@bigquery.googleapis.com',
    'https://bigquery.googleapis.com@evil.org',
    'https://bigquery.googleapis.com%2eevil.org',
    'https://evil.org\\.googleapis.com',
    'https://bigquery.googleаpis.com', // with a Cyrillic letter
    'https://bigquery.google.com',
    'ftp://bigquery.googleapis.com',
    'https://127.0.0.1',
  ];
  for (const text of yes) {
    it(`${text}: yes`, () => assert.equal(isGoogleApiUrl(new URL(text)), true));
  }
  for (const text of no) {
    it(`${text}: no`, () => assert.equal(URL.canParse(text) && isGoogleApiUrl(new URL(text)), false));
  }
});

describe('where a subject token may be asked for', () => {
  const yes = [
    'https://tokens.example/mine',
    'http://169.254.169.254/metadata/identity/oauth2/token?resource=x',
    'http://[fd00:ec2::254]/latest',
    'http://metadata.google.internal/computeMetadata/v1',
    'http://localhost:40342/token',
    'http://127.0.0.1:8080/',
  ];
  const no = [
    'http://tokens.example/mine',
    'http://169.254.169.254.evil.org/',
    'http://169.254.169.254@evil.org/',
    'https://user:secret@tokens.example/',
    'http://metadata.google.internal.evil.org/',
    'file:///etc/passwd',
    'data:text/plain,token',
  ];
  for (const text of yes) {
    it(`${text}: yes`, () => assert.equal(isSubjectTokenUrl(new URL(text)), true));
  }
  for (const text of no) {
    it(`${text}: no`, () => assert.equal(isSubjectTokenUrl(new URL(text)), false));
  }
});
