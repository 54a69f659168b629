-- How many addresses of each kind an app has is counted without reading its installations.
CREATE INDEX installations_live_kind ON installations (app, address_kind) WHERE address_state = 'live';
