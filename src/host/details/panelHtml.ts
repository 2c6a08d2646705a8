export interface PanelHtmlParts {
  /** What the page may load from, as a source of its Content Security Policy. */
  readonly cspSource: string;
  /** New for each page; letters and digits. */
  readonly nonce: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** A BCP 47 tag. */
  readonly language: string;
}

/**
 * The page of a details panel: empty, since all that is shown comes by message, as text. It may run its own script and use its
 * own style sheet, and nothing else: no inline script or style, no image, no connection.
 */
export function panelHtml({ cspSource, nonce, scriptUri, styleUri, language }: PanelHtmlParts): string {
  const policy = [
    `default-src 'none'`,
    `style-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Agnes Freshness</title>
    <link rel="stylesheet" href="${attribute(styleUri)}" />
  </head>
  <body>
    <main id="details"></main>
    <p id="announcement" role="status" aria-live="polite"></p>
    <script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
  </body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
