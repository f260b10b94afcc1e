-- Parcels in a stage, of every office or of one, in the order in which they are sent:
-- most parcels ever were handed over long ago.
DROP INDEX services_parcel_office;
CREATE INDEX services_parcel_stage ON services_parcel (stage, office, at, case_id);
