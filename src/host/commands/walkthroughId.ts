/** Publisher and name of this extension, and the walkthrough of package.json; a test holds them against each other. */
export const WALKTHROUGH = 'agnes-freshness.agnes-freshness#getStarted';
