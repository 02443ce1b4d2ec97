// What the server says about a video, as src/endpoints/http_api/openapi.json describes it;
// "npm run types" makes openapi.ts from that. Unknown numbers and urls are null.
import type { components } from './openapi';

type Schemas = components['schemas'];

export type Video = Schemas['Video'];
export type VideoEdit = Schemas['VideoEdit'];
export type VideoSort = Schemas['Sort'];
export type VideoState = Schemas['VideoState'];
export type VideoPage = Schemas['VideoPage'];
export type DeletedVideo = Schemas['DeletedVideo'];
export type Rendition = Schemas['Rendition'];
export type RenditionState = Schemas['RenditionState'];
export type Caption = Schemas['Caption'];
export type Loudness = Schemas['Loudness'];
export type Chapter = Schemas['Chapter'];
export type VideoUrls = Schemas['Urls'];
export type Cluster = Schemas['Cluster'];
export type ContentNode = Schemas['ContentNode'];
export type ClusterPlan = Schemas['ClusterPlan'];
export type PastChange = Schemas['PastChange'];
export type Worker = Schemas['Worker'];
