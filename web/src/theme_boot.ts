// Applies the remembered theme before the first paint, so that a dark page never flashes white.
import { applyTheme, rememberedTheme } from './ui/theme_choice';

applyTheme(rememberedTheme());
